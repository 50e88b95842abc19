"""The dynamic resources. Their module and class names are stored in users' state: moving one is a migration."""
