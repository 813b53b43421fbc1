from hub.cli import main

if __name__ == "__main__":  # processes that help with work import this file under another name
    main()
