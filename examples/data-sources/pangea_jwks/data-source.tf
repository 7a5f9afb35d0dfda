# The keys that verify the tokens of the project's AuthN service.
data "pangea_jwks" "signing" {}

output "verification_keys" {
  value = { for key in data.pangea_jwks.signing.keys : key.kid => key.pem }
}
