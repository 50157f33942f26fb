"""Users of a proxy: their file, and what they say of themselves."""
import base64
import ctypes


def hashed(password, cost=4):
    """By bcrypt, as cheap as it can be, or as dear as is asked for."""
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.restype = ctypes.c_char_p
    return crypt(password.encode(), f"$2b${cost:02}$abcdefghijklmnopqrstuu".encode()).decode()


def users(tmp_path, **named):
    path = tmp_path / "users"
    path.write_text("# name:hash\n" + "".join(f"{name}:{hash}\n" for name, hash in named.items()))
    return {"file": str(path), "realm": "Office"}


def basic(user, password):
    return "Proxy-Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
