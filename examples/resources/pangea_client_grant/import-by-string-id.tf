import {
  to = pangea_client_grant.audit
  id = "psa_34sbtj7vgqvwxu5f2qqxcggjgqvb4tqs/pangea:service:audit:config:manage"
}
