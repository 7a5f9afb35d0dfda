output "pem" {
  value = provider::pangea::jwk_to_pem(jsonencode({
    kty = "EC"
    crv = "P-256"
    x   = "jlM7b6C_e0YluzBmfAH7YH75-LioD-9bMAYocDGHsqM"
    y   = "c-sdveAzGDZtBp-DpvWQAFPHNjPLBBshxV4ahsH0ALQ"
  }))
}
