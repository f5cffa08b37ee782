-- The order in which revocations were made, by the database: clocks of nodes may differ by any amount.
create sequence revocation_order start with 1 increment by 1;
alter table revocation add column revision bigint default 0 not null;
create index revocation_by_revision on revocation (revision);

-- The token that a device was last seen with: signing the device out revokes it.
alter table device add column token_id varchar(128);

-- Sealed with a key that only the ticket gives; a third longer than the token.
alter table ticket alter column token set data type varchar(12000);
