variable "client_id" {
  type        = string
  description = "A client of the project, as which the configurations are listed."
}

data "pangea_service_configs" "audit" {
  service               = "audit"
  impersonate_client_id = var.client_id
}

output "audit_configs" {
  value = { for config in data.pangea_service_configs.audit.configs : config.name => config.id }
}
