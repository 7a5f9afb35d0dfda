variable "project_id" {
  type    = string
  default = "ppi_3qy24trktpaym7zx5gtmg2jmbxl5ccnm"

  validation {
    condition     = try(provider::pangea::parse_id(var.project_id).kind, null) == "project"
    error_message = "It must be the id of a project, ppi_ and 32 characters."
  }
}

output "kind" {
  value = provider::pangea::parse_id(var.project_id).kind
}
