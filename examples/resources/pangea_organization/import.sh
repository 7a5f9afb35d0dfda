# An organization is imported by its id.
terraform import pangea_organization.this poi_qie5kaj5o3622tw4qj5qbyw77ship4bh
