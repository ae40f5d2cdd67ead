#!/bin/sh
# Removes the network of one mesh under test: remove.sh NAME. Safe where nothing is left of it.
name=$1
for link in $(ip -o link show master "$name" 2>/dev/null | sed -n 's/^[0-9]*: \([^@:]*\).*/\1/p'); do
  ip link delete "$link" 2>/dev/null
done
for namespace in $(ip netns list 2>/dev/null | sed -n "s/^\($name-[0-9]*\).*/\1/p"); do
  ip netns delete "$namespace"
done
ip link delete "$name" 2>/dev/null
rm -f "/run/meshlane/$name.json"
rmdir /run/meshlane 2>/dev/null
# The first namespace of a machine makes this folder and mounts it over itself.
[ -d /run/netns ] && [ -z "$(ls -A /run/netns)" ] && umount /run/netns 2>/dev/null
rmdir /run/netns 2>/dev/null
exit 0
