variable "existing" {
  description = "A secret that exists already, and a client of the project whose Vault holds it."
  type = object({
    client_id        = string
    client_secret_id = string
    vault_client_id  = string
  })
  default = null
}

# Nothing is made here, and nothing ends with the run.
ephemeral "pangea_client_secret" "existing" {
  count = var.existing == null ? 0 : 1

  client_id             = var.existing.client_id
  client_secret_id      = var.existing.client_secret_id
  impersonate_client_id = var.existing.vault_client_id
}
