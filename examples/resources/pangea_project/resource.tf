resource "pangea_project" "shop" {
  name = "shop"
  geo  = "us"

  # Turning this off is an apply of its own.
  deletion_protection = true
}
