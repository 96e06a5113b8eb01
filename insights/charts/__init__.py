"""Where the lines and marks of charts stand; templates/insights/charts/ draws them."""
