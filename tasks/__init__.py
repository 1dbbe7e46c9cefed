"""Who works on what: projects, workflows, intake, masking, splitting, queue, claims, answers, contracts."""
