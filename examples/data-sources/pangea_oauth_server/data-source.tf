# Where clients get their tokens. No login is needed for this.
data "pangea_oauth_server" "this" {}

output "token_endpoint" {
  value = data.pangea_oauth_server.this.token_endpoint
}
