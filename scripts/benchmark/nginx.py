"""nginx with one static file: what a server costs that does nothing."""

import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from . import wrk

CONFIGURATION = """worker_processes 2; pid FOLDER/pid; error_log FOLDER/errors; daemon off;
events { worker_connections 256; }
http { access_log off; keepalive_requests 100000000; client_body_temp_path FOLDER/b; proxy_temp_path FOLDER/p;
fastcgi_temp_path FOLDER/f; uwsgi_temp_path FOLDER/u; scgi_temp_path FOLDER/s;
server { listen 127.0.0.1:PORT; location / { root FOLDER/www; default_type application/json; } } }"""


def rate(content: bytes, seconds: int) -> float | None:
    """Requests a second, or nothing when there is no nginx."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if not program:
        return None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        pathlib.Path(folder, "www").mkdir()
        pathlib.Path(folder, "www/task.json").write_bytes(content)
        configuration = CONFIGURATION.replace("FOLDER", folder).replace("PORT", str(port))
        pathlib.Path(folder, "nginx.conf").write_text(configuration)
        server = subprocess.Popen([program, "-e", f"{folder}/errors", "-c", f"{folder}/nginx.conf"])
        try:
            time.sleep(0.5)
            done = wrk.run(f"http://127.0.0.1:{port}/task.json", seconds)
            assert done.errors == 0, done
            return done.rate
        finally:
            server.terminate()
            server.wait(10)
