-- Who may no longer use what was signed for them: every token of a user that was issued up to a moment, or one token by its jti.
-- Rows are kept as long as the longest token may live, and only ever added.
create table revocation (
  shop_id       varchar(64)  not null,
  user_id       varchar(64)  not null,
  -- '' for every token
  token_id      varchar(128) not null,
  issued_up_to  timestamp(3) with time zone not null,
  reason        varchar(1000),
  revoked_by    varchar(64)  not null,
  revoked_at    timestamp(3) with time zone not null,
  primary key (shop_id, user_id, token_id)
);
create index revocation_by_time on revocation (revoked_at);
