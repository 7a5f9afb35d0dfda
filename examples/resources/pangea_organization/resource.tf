# The organization exists already: it is taken over, and given this name.
resource "pangea_organization" "this" {
  name  = "Acme"
  adopt = true
}
