# A project is imported by its id.
terraform import pangea_project.shop ppi_ywcfkrtk2yzcaypn5sttkxk6ciyrtx3p
