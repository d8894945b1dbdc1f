"""Line-rendered widgets; they post messages and never import the app."""
