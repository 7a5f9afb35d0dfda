# Every client that may manage other clients.
data "pangea_clients" "powerful" {
  scopes = ["pangea:platform:account:manage"]
}

# Clients of the shop that were registered this year.
data "pangea_clients" "new" {
  name_contains = ["shop"]
  created_at    = { gte = "2026-01-01T00:00:00Z" }
}

output "powerful_clients" {
  value = [for client in data.pangea_clients.powerful.clients : client.name]
}
