# All projects whose data lives in Europe.
data "pangea_projects" "europe" {
  geo = "eu"
}

output "projects_in_europe" {
  value = { for project in data.pangea_projects.europe.projects : project.id => project.name }
}
