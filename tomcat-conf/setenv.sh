# Goes to bin/setenv.sh; catalina.sh reads it. Debian's tomcat10 takes the same options in /etc/default/tomcat10.

# 20,000 held polls (maxConnections in server.xml) take 1.5 GB of heap at the measured 77 KB each;
# the same clients on WebSocket take 0.3 GB.
CATALINA_OPTS="$CATALINA_OPTS -Xms512m -Xmx2g"

# Tomcat's socket buffers start at 8 KB each; chat frames are small.
CATALINA_OPTS="$CATALINA_OPTS -Dorg.apache.tomcat.websocket.DEFAULT_BUFFER_SIZE=1024"

# A node without memory can neither serve nor drain: end it, so that its clients move to another node.
CATALINA_OPTS="$CATALINA_OPTS -XX:+ExitOnOutOfMemoryError"
