terraform {
  required_providers {
    pangea = {
      source = "pangea/pangea"
    }
  }
}

# The client's credentials come from PANGEA_CLIENT_ID and PANGEA_CLIENT_SECRET,
# so that no secret stands in the configuration.
provider "pangea" {
  organization_id = var.organization_id
}

variable "organization_id" {
  type        = string
  description = "The organization to manage; the console shows it."
}
