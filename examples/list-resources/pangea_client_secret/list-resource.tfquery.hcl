list "pangea_client_secret" "of_all_clients" {
  provider = pangea
}

list "pangea_client_secret" "old" {
  provider         = pangea
  include_resource = true

  config {
    created_at = { lt = "2026-01-01T00:00:00Z" }
  }
}
