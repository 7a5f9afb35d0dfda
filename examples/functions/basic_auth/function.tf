variable "client_id" {
  type = string
}

variable "client_secret" {
  type      = string
  sensitive = true
}

# As `curl --header "Authorization: Basic ..."` takes it. It is sensitive, since the secret is.
output "credential" {
  value     = provider::pangea::basic_auth(var.client_id, var.client_secret)
  sensitive = true
}
