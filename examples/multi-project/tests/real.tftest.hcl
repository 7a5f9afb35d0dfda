# `terraform test` with the real provider: on the emulator, or on an account that may make and destroy two projects.
# It destroys what it made.

variables {
  projects = {
    tftest-one = {}
    tftest-two = { name = "tftest-second" }
  }
}

run "each_project_has_its_clients_and_their_secrets" {
  assert {
    condition     = keys(output.projects) == ["tftest-one", "tftest-two"]
    error_message = "A project is missing."
  }

  assert {
    condition = alltrue([
      for project in module.project : keys(project.client_ids) == ["app", "operator", "pipeline"]
    ])
    error_message = "A project lacks a client."
  }

  assert {
    condition = alltrue(flatten([
      for secrets in values(output.encrypted_client_secrets) : [
        for secret in values(secrets) : startswith(secret, "-----BEGIN AGE ENCRYPTED FILE-----")
      ]
    ]))
    error_message = "A secret is not encrypted."
  }
}

run "a_project_goes_with_its_entry_in_the_map" {
  variables {
    projects = { tftest-two = { name = "tftest-second" } }
  }

  assert {
    condition     = keys(output.projects) == ["tftest-two"] && keys(output.encrypted_client_secrets) == ["tftest-two"]
    error_message = "The map and the projects differ."
  }
}
