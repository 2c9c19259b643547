REACHES=()
def stop_all(): pass
