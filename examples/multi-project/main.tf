# Many projects from one map and one provider block: no alias, and no secret in the state.

terraform {
  required_version = ">= 1.11"

  required_providers {
    pangea = {
      source = "pangea/pangea"
    }
  }
}

# Address, credentials and organization come from the environment.
provider "pangea" {}

variable "projects" {
  type = map(object({
    name = optional(string) # by default the key
    geo  = optional(string, "us")
  }))
  description = "The projects. A key names one for good; the name may change."
}

variable "secret_recipient" {
  type        = string
  description = "The age recipient (age1…) who decrypts the clients' secrets."
}

variable "rotation" {
  type        = string
  description = "Another value gives every client a new secret."
  default     = "2026-11"
}

module "project" {
  source   = "../modules/project"
  for_each = var.projects

  name             = coalesce(each.value.name, each.key)
  geo              = each.value.geo
  secret_recipient = var.secret_recipient
  rotation         = var.rotation
}

output "projects" {
  value = { for name, project in module.project : name => project.project_id }
}

output "encrypted_client_secrets" {
  value = { for name, project in module.project : name => project.encrypted_client_secrets }
}
