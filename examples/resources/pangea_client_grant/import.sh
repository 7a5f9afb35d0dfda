# The client's id, a slash, and what the grant holds: scopes and roles (role=TYPE/ID/ROLE), with spaces between.
terraform import pangea_client_grant.audit 'psa_34sbtj7vgqvwxu5f2qqxcggjgqvb4tqs/pangea:service:audit:config:manage'
