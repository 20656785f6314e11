"""What `check` looks at, one by one."""
