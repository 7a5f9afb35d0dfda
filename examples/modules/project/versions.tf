terraform {
  required_version = ">= 1.11"

  required_providers {
    pangea = {
      source = "pangea/pangea"
    }
  }
}
