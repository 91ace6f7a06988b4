"""Pictures put together from pictures: pure functions on Pillow images, no rows and no files."""
