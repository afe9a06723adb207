-- Broker: jobs that are tried again after a pause; a row goes when the job is offered or killed.
CREATE TABLE delay (
    job BIGINT PRIMARY KEY,
    until BIGINT NOT NULL
);
CREATE INDEX delay_by_time ON delay (until);
