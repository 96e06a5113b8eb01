"""The whole database put away and put back; what follows when it was put back."""
