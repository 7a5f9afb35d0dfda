# `terraform test` without Pangea and without the emulator: every answer of the provider is invented. Fast enough for every commit.

mock_provider "pangea" {
  mock_resource "pangea_project" {
    defaults = { id = "ppi_mocked" }
  }

  mock_resource "pangea_management_client" {
    defaults = {
      id        = "psa_mocked"
      client_id = "psa_mocked"
    }
  }

  mock_resource "pangea_service_client" {
    defaults = {
      id        = "psa_mocked_service"
      client_id = "psa_mocked_service"
    }
  }

  mock_resource "pangea_service_config" {
    defaults = { id = "pci_mocked" }
  }

  mock_resource "pangea_client_secret" {
    defaults = {
      id                      = "pce_mocked"
      encrypted_client_secret = "mocked"
    }
  }
}

run "every_project_of_the_map_is_made" {
  assert {
    condition     = length(module.project) == length(var.projects)
    error_message = "A project of the map is missing."
  }

  assert {
    condition     = alltrue([for project in module.project : project.project_id == "ppi_mocked"])
    error_message = "An output does not come from its project."
  }
}

run "the_module_names_everything_after_its_project" {
  command = plan

  module {
    source = "../modules/project"
  }

  variables {
    name             = "shop"
    secret_recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
  }

  assert {
    condition     = pangea_management_client.pipeline.name == "shop-pipeline" && pangea_project.this.geo == "us"
    error_message = "The names or the defaults of the module have changed."
  }
}
