"""What the end-to-end scripts share: the appliance as a process, the S3 server, what was checked, reading the files."""
