/** Which lines of a front end mend which fault. They are lines of tomcat-conf/ (a test compares), but for IIS. */

const NEEDS = {
  upgrade: ['upgrade'],
  blocked: ['upgrade'],
  lost: ['upgrade'],
  ajp: ['http'],
  http2: ['http'],
  scheme: ['scheme', 'port', 'valve'],
  host: ['host', 'port'],
  origin: ['host', 'port'],
  path: ['path', 'upgrade'],
  hold: ['timeout'],
  idle: ['timeout'],
  forwarded: ['forwarded', 'valve'],
  buffering: ['buffering'],
};

const arr = (setting) => `appcmd set config -section:system.webServer/proxy ${setting} /commit:apphost`;
const PROXY_PASS =
  'ProxyPass "/crossfade/" "http://127.0.0.1:8080/crossfade/" upgrade=websocket timeout=75 flushpackets=on';

/** Front end, where in its configuration, for which needs, lines; in the order in which they are shown. */
const LINES = [
  ['nginx', 'beside server { }', ['upgrade'], [
    'map $http_upgrade $connection_upgrade {', '  default upgrade;', "  ''      '';", '}']],
  ['nginx', 'in location /crossfade/ { }', ['path'], ['proxy_pass http://crossfade;']],
  ['nginx', 'in location /crossfade/ { }', ['upgrade', 'http'], ['proxy_http_version 1.1;']],
  ['nginx', 'in location /crossfade/ { }', ['upgrade'], [
    'proxy_set_header Upgrade $http_upgrade;', 'proxy_set_header Connection $connection_upgrade;']],
  ['nginx', 'in location /crossfade/ { }', ['host'], ['proxy_set_header Host $http_host;']],
  ['nginx', 'in location /crossfade/ { }', ['forwarded'], [
    'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;']],
  ['nginx', 'in location /crossfade/ { }', ['scheme'], ['proxy_set_header X-Forwarded-Proto $scheme;']],
  ['nginx', 'in location /crossfade/ { }', ['port'], ['proxy_set_header X-Forwarded-Port $server_port;']],
  ['nginx', 'in location /crossfade/ { }', ['buffering'], ['proxy_buffering off;']],
  ['nginx', 'in location /crossfade/ { }', ['timeout'], ['proxy_read_timeout 75s;', 'proxy_send_timeout 75s;']],

  ['Apache httpd', 'in the VirtualHost', ['host'], ['ProxyPreserveHost On']],
  ['Apache httpd', 'in the VirtualHost', ['scheme'], [
    'RequestHeader set X-Forwarded-Proto "expr=%{REQUEST_SCHEME}"']],
  ['Apache httpd', 'in the VirtualHost', ['port'], ['RequestHeader set X-Forwarded-Port "expr=%{SERVER_PORT}"']],
  ['Apache httpd', 'in the VirtualHost', ['upgrade', 'http', 'path', 'timeout', 'buffering'], [PROXY_PASS]],

  ['HAProxy', 'in defaults', ['upgrade'], ['mode http']],
  ['HAProxy', 'in defaults', ['timeout'], ['timeout client 75s', 'timeout server 75s', 'timeout tunnel 75s']],
  ['HAProxy', 'in the frontend', ['scheme'], [
    'http-request set-header X-Forwarded-Proto http if !{ ssl_fc }',
    'http-request set-header X-Forwarded-Proto https if { ssl_fc }']],
  ['HAProxy', 'in the frontend', ['port'], ['http-request set-header X-Forwarded-Port %[dst_port]']],
  ['HAProxy', 'in the frontend', ['path'], ['use_backend crossfade if { path_beg /crossfade/ }']],
  ['HAProxy', 'in the backend', ['forwarded'], ['option forwardfor']],
  ['HAProxy', 'in the backend', ['http'], ['server node1 127.0.0.1:8080 check']],

  ['IIS', 'in PowerShell', ['upgrade'], ['Install-WindowsFeature Web-WebSockets']],
  ['IIS', 'in a command window', ['host'], [arr('/preserveHostHeader:"True"')]],
  ['IIS', 'in a command window', ['http'], [arr('/httpVersion:"Http11"')]],
  ['IIS', 'in a command window', ['timeout'], [arr('/timeout:"00:01:15"')]],
  ['IIS', 'in a command window', ['buffering'], [arr('/responseBufferThreshold:"0"')]],
  ['IIS', 'in a command window', ['forwarded'], [
    arr('/xForwardedForHeaderName:"X-Forwarded-For" /includePortInXForwardedFor:"False"')]],
  ['IIS', 'in a command window', ['scheme'], [
    'appcmd set config -section:system.webServer/rewrite/allowedServerVariables'
      + ' /+"[name=\'HTTP_X_FORWARDED_PROTO\']" /commit:apphost']],
  ['IIS', 'in the rule of web.config', ['path'], [
    '<match url="^crossfade/(.*)" />',
    '<action type="Rewrite" url="http://127.0.0.1:8080/crossfade/{R:1}" />']],
  ['IIS', 'in the rule of web.config', ['scheme'], [
    '<serverVariables><set name="HTTP_X_FORWARDED_PROTO" value="https" /></serverVariables>']],

  ['Tomcat', 'in crossfade.xml', ['valve'], [
    '<Valve className="org.apache.catalina.valves.RemoteIpValve"',
    '       remoteIpHeader="X-Forwarded-For" protocolHeader="X-Forwarded-Proto" portHeader="X-Forwarded-Port"/>']],
];

/** @returns {{front: string, text: string}[]} for each front end that can mend one of the faults, what to write where */
export function remedies(faults) {
  const needs = new Set(faults.flatMap((fault) => NEEDS[fault] ?? []));
  const found = LINES.filter(([, , serves]) => serves.some((need) => needs.has(need)));
  return [...new Set(found.map(([front]) => front))].map((front) => {
    const mine = found.filter(([one]) => one === front);
    const places = [...new Set(mine.map(([, place]) => place))];
    const text = places.map((place) => [`# ${place}`,
      ...mine.filter(([, one]) => one === place).flatMap(([, , , lines]) => lines)].join('\n')).join('\n\n');
    return { front, text };
  });
}

/** Every line, for the test that compares. */
export const linesOf = (front) => LINES.filter(([one]) => one === front).flatMap(([, , , lines]) => lines);
