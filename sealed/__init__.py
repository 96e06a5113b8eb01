"""What the database keeps and cannot read: keys, columns that hold it, how it is found."""
