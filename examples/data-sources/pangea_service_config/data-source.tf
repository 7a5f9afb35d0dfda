variable "client_id" {
  type        = string
  description = "A client of the project, as which the configuration is read."
}

data "pangea_service_config" "audit" {
  service               = "audit"
  name                  = "shop-audit"
  impersonate_client_id = var.client_id
}

output "hot_storage" {
  value = jsondecode(data.pangea_service_config.audit.settings).hot_storage
}
