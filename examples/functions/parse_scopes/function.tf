data "pangea_oauth_server" "it" {}

locals {
  # As a token's `scope` has them.
  wanted = provider::pangea::parse_scopes("pangea:platform:project:read pangea:platform:account:read")
}

output "unknown_scopes" {
  value = setsubtract(local.wanted, data.pangea_oauth_server.it.scopes_supported)
}
