"""Many jobs in, many jobs out: addjob, getjob and `exec -` beyond one request. Loaded only for these."""
