-- Events: masters and jobs of their own, whoever's, without their subjobs: what an admin's list of everybody's jobs walks through.
CREATE INDEX job_top ON job (job) WHERE master IS NULL;
CREATE INDEX archived_job_top ON archived_job (job) WHERE master IS NULL;
