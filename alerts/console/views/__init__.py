"""What each page shows, worked out from values and a present moment. Pure: no requests, no templates."""
