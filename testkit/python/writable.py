"""Who may write a file: the owner of the process, root, and nobody else, all the way: docs/spec/trust.md, 1."""

import os
import stat

from public_keys import KeyProblem

MAX_LINKS = 40


def read(path):
    """The bytes of a file that nobody else can change or replace."""
    check(path)
    with open(path, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise KeyProblem("not-a-regular-file", path)
        return file.read()


def check(path):
    """Looks at every folder and every link on the way, at the target's way too, and at the file."""
    place, waiting, links = "/", components(os.path.join(os.getcwd(), path)), 0
    look_at(place)
    while waiting:
        name = waiting.pop(0)
        if name in ("", "."):
            continue
        place = os.path.dirname(place) if name == ".." else os.path.join(place, name)
        if not os.path.islink(place):
            look_at(place)
            continue
        check_owner(place, os.lstat(place))
        links += 1
        if links > MAX_LINKS:
            raise KeyProblem("broken-symlink", path)
        target = os.readlink(place)
        place = "/" if target.startswith("/") else os.path.dirname(place)
        waiting = components(target) + waiting


def components(path):
    return path.split("/")


def look_at(place):
    try:
        found = os.lstat(place)
    except OSError as error:
        raise KeyProblem("not-found", str(error)) from None
    if os.statvfs(place).f_flag & os.ST_RDONLY:
        return
    check_owner(place, found)
    if stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX:
        return
    by_group = found.st_mode & stat.S_IWGRP and found.st_gid != found.st_uid
    if by_group or found.st_mode & stat.S_IWOTH:
        raise KeyProblem("writable-by-others", place)


def check_owner(place, found):
    """Also of a link, and of a folder with the sticky bit: its owner can put something else there."""
    if found.st_uid not in (0, os.geteuid()):
        raise KeyProblem("writable-by-others", f"{place} belongs to another user")
