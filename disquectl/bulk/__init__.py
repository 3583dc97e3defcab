"""Many jobs in, many jobs out: what ADDJOB, GETJOB and others do beyond one request. Loaded only for that."""
