list "pangea_service_client" "all" {
  provider = pangea
}

list "pangea_service_client" "of_ai_guard" {
  provider = pangea

  config {
    scopes = ["pangea:service:ai-guard:read"]
  }
}
