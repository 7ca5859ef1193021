"""What customers, visitors and programs do, one part of life a file."""
