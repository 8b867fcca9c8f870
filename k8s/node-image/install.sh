#!/usr/bin/env bash
# Turn a Debian root file system into that of a kind node: the steps of kind's own base Dockerfile, in its order.
# Called by mmdebstrap. $1: the root. NODE_FILES: what to lay over it. NODE_MODULE: the source of kind.
set -euo pipefail
root="$1"

cp --recursive --no-preserve=mode,ownership "$NODE_MODULE/images/base/files/." "$root/"
chmod 0755 "$root"/usr/local/bin/* "$root"/kind "$root"/kind/bin "$root"/kind/bin/*
cp --recursive --no-preserve=ownership "$NODE_FILES/." "$root/"

find "$root/lib/systemd/system/sysinit.target.wants/" -name systemd-tmpfiles-setup.service -delete
rm -f "$root"/lib/systemd/system/multi-user.target.wants/* "$root"/etc/systemd/system/*.wants/* \
    "$root"/lib/systemd/system/local-fs.target.wants/* "$root"/lib/systemd/system/sockets.target.wants/*udev* \
    "$root"/lib/systemd/system/sockets.target.wants/*initctl* "$root"/lib/systemd/system/basic.target.wants/*
echo "ReadKMsg=no" >>"$root/etc/systemd/journald.conf"
ln -sf /usr/lib/systemd/systemd "$root/sbin/init"
chroot "$root" systemctl enable kubelet.service containerd.service undo-mount-hacks.service
chroot "$root" systemctl mask systemd-binfmt.service

mkdir -p "$root/etc/kubernetes/manifests"
# Every pod starts from this: kind's hook gives each its own product name and uuid.
# shellcheck disable=SC2016 # $1 and jq's own syntax are for the shell inside
chroot "$root" sh -c 'ctr oci spec | jq '\''.hooks.createContainer += [{"path": "/kind/bin/mount-product-files.sh"}]
    | del(.process.rlimits)'\'' >/etc/containerd/cri-base.json'
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root/etc/machine-id"
