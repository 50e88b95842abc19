"""The API: requests and answers as those of Divio's API v3, field by field. Nothing tells a mirror from an original.

Authentication, pages, filters and error bodies are DRF's own, set in the settings.
"""
