"""Write into chats: open channels, chat screens and chatbots."""
