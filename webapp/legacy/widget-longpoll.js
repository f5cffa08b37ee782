/*
 * A chat widget as shops have had it in their pages for years: it long-polls. Frozen: nobody can redeploy it, so nothing
 * in here may change, and the server must go on answering it byte for byte (see src/test/resources/legacy).
 */
(function () {
  var EVERY_MS = 2000;
  var script = document.currentScript;
  var api = script.getAttribute('data-api');
  var shop = script.getAttribute('data-shop');
  var box, list, token, session, after = 0;

  function call(method, path, body, done) {
    var request = new XMLHttpRequest();
    request.open(method, api + path);
    if (token) { request.setRequestHeader('Authorization', 'Bearer ' + token); }
    if (body) { request.setRequestHeader('Content-Type', 'application/json'); }
    request.onload = function () {
      if (request.status >= 200 && request.status < 300) {
        done(JSON.parse(request.responseText));
      } else {
        done(null);
      }
    };
    request.onerror = function () { done(null); };
    request.send(body ? JSON.stringify(body) : null);
  }

  function show(message) {
    var line = document.createElement('li');
    line.setAttribute('data-seq', message.seq);
    line.appendChild(document.createTextNode((message.sender_role === 'visitor' ? '> ' : '< ') + message.content));
    list.appendChild(line);
  }

  function poll() {
    call('GET', '/messages?session_id=' + session + '&after=' + after + '&wait=20', null, function (page) {
      var i;
      var pause = page ? 0 : EVERY_MS;
      if (page) {
        for (i = 0; i < page.messages.length; i++) { show(page.messages[i]); }
        after = page.cursor;
      }
      setTimeout(poll, pause);
    });
  }

  function send(text) {
    call('POST', '/messages', { session_id: session, content: text }, function () {});
  }

  function start() {
    call('POST', '/visitors', { shop_id: shop }, function (visitor) {
      if (!visitor) { setTimeout(start, EVERY_MS); return; }
      token = visitor.token;
      call('POST', '/sessions', {}, function (opened) {
        session = opened.session_id;
        poll();
      });
    });
  }

  box = document.getElementById('chat-widget');
  list = document.createElement('ul');
  box.appendChild(list);
  var form = document.createElement('form');
  var input = document.createElement('input');
  form.appendChild(input);
  form.onsubmit = function () {
    if (input.value) { send(input.value); }
    input.value = '';
    return false;
  };
  box.appendChild(form);
  start();
}());
