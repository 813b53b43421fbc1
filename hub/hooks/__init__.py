"""What plugins declare (`parts`), the hooks (`specs`), isolated calls (`calls`). Imports nothing else of hub."""
