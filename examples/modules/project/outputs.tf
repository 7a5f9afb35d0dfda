output "project_id" {
  value       = pangea_project.this.id
  description = "Id of the project (ppi_…)."
}

output "client_ids" {
  value       = { for name, secret in pangea_client_secret.this : name => secret.client_id }
  description = "Ids of the clients (psa_…): operator, pipeline and app."
}

output "encrypted_client_secrets" {
  value       = { for name, secret in pangea_client_secret.this : name => secret.encrypted_client_secret }
  description = "The clients' secrets, for `age --decrypt`."
}
